package provision

// Bound lets a test of a few people come to what is meant for very many.
func Bound(s *Service, moved, below, portion int) { s.bounds = bounds{moved, below, portion} }
