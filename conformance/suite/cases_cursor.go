package suite

func cursorCases() []Case { return nil }
