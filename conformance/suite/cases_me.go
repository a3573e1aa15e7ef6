package suite

func meCases() []Case { return nil }
