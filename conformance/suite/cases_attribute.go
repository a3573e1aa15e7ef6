package suite

func attributeCases() []Case { return nil }
