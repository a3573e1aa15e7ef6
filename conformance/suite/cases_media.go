package suite

func mediaCases() []Case { return nil }
