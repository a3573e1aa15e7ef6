package suite

func versionCases() []Case { return nil }
