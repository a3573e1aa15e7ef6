package suite

func extensionCases() []Case { return nil }
