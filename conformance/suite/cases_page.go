package suite

func pageCases() []Case { return nil }
