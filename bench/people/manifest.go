package people

// ManifestFile is what the loader leaves beside a database.
const ManifestFile = "seed.json"

// Manifest says what the loader has made in a data folder.
type Manifest struct {
	Crowd
	Parent string   `json:"parent"`
	Orgs   []string `json:"orgs"`
	Token  string   `json:"token"` // of the directory
}
