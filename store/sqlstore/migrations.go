package sqlstore

import "embed"

// Migrations holds one folder a dialect, under one numbering, forward only.
//
//go:embed migrations
var Migrations embed.FS
