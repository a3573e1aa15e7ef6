package store

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Fold gives the lookup form of a value that is compared without case: as the
// profile UsernameCaseMapped of RFC 8265 has it, wide and narrow forms are one
// and the composition is NFC; case is folded simply, so that ÉCOLE meets école
// while ß and SS, I and ı stay apart. Folded values are stored: a change
// here needs a migration.
func Fold(s string) string {
	if folded, ascii := foldASCII(s); ascii {
		return folded
	}
	return norm.NFC.String(strings.Map(foldRune, norm.NFC.String(width.Fold.String(s))))
}

// Exact gives the lookup form of a value that is compared with case: NFC.
func Exact(s string) string { return norm.NFC.String(s) }

func foldASCII(s string) (folded string, ascii bool) {
	upper := false
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	if !upper {
		return s, true
	}
	return strings.ToLower(s), true
}

// foldRune leaves alone what has no simple folding: ToLower would map İ to i.
// Going through upper case merges the runes with several small forms (σ, ς).
func foldRune(r rune) rune {
	if unicode.SimpleFold(r) == r {
		return r
	}
	return unicode.ToLower(unicode.ToUpper(r))
}
