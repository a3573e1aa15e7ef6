package suite

func unicodeCases() []Case { return nil }
