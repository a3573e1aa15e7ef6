package provision_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"scimd/internal/scene"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata/behaviours")

// setup are the sections that come before what a table is about.
var setup = []string{"settings", "directory", "actions"}

// golden gives each section that a table may hold and that is compared.
var golden = map[string]func(*scene.Scene) string{
	"members":     (*scene.Scene).Members,
	"events":      (*scene.Scene).Events,
	"preview":     func(s *scene.Scene) string { return s.Preview.String() },
	"explanation": func(s *scene.Scene) string { return s.Explanation.String() },
	"access":      func(s *scene.Scene) string { return s.Access.String() },
}

// Each table of testdata/behaviours shows the rules that the first line of its
// comment names, in the language of package scene: settings, directory and
// actions are played, and members, events (of the actions), preview,
// explanation and access are what came of it. Sections "part: name" make a
// part, which begins anew and goes on from where the setup ends.
func TestBehaviours(t *testing.T) {
	files, err := filepath.Glob("testdata/behaviours/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rules, _, ok := strings.Cut(string(archive.Comment), ":")
		if !ok {
			t.Fatalf("%s: the comment begins with the ids of the rules that it shows", file)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+" "+rules, func(t *testing.T) {
			t.Parallel()
			for _, part := range partsOf(archive) {
				t.Run(part, func(t *testing.T) { playPart(t, archive, part) })
			}
			if *update && !t.Failed() {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// partsOf lists the parts of a table in order; the table itself is the part "".
func partsOf(archive *txtar.Archive) []string {
	var parts []string
	for _, f := range archive.Files {
		part, section := sectionOf(f.Name)
		if _, compared := golden[section]; compared && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts
}

func sectionOf(name string) (part, section string) {
	part, section, ok := strings.Cut(name, ": ")
	if !ok {
		return "", name
	}
	return part, section
}

func playPart(t *testing.T, archive *txtar.Archive, part string) {
	s := scene.New(t)
	for _, section := range setup {
		if section == "actions" {
			s.SkipEvents()
		}
		for _, f := range archive.Files {
			if f.Name == section {
				s.Do(string(f.Data))
			}
		}
	}
	if part != "" {
		s.Forget()
	}
	for i := range archive.Files {
		f := &archive.Files[i]
		in, section := sectionOf(f.Name)
		if in != part {
			continue
		}
		show, compared := golden[section]
		switch {
		case section == "actions" && part != "":
			s.Do(string(f.Data))
		case !compared && !slices.Contains(setup, section):
			t.Errorf("no such section: %s", section)
		case !compared:
		case *update:
			f.Data = []byte(show(s))
		default:
			if diff := cmp.Diff(string(f.Data), show(s)); diff != "" {
				t.Errorf("%s (-golden +got):\n%s", f.Name, diff)
			}
		}
	}
}
