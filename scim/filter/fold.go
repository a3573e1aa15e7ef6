package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold gives the form in which values that are not caseExact are compared:
// Unicode simple case folding between two normalisations to NFC, without any
// locale. So É is é, but ß is not ss and I is not ı.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(strings.Map(foldRune, norm.NFC.String(s)))
}

// Exact gives the form in which caseExact values are compared: NFC. Columns
// that hold such values have to be written in it.
func Exact(s string) string {
	if isASCII(s) {
		return s
	}
	return norm.NFC.String(s)
}

// foldRune leaves alone what has no simple folding: ToLower would map İ to i.
// Going through upper case merges the runes with several small forms (σ, ς).
func foldRune(r rune) rune {
	if unicode.SimpleFold(r) == r {
		return r
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
