package schema

import (
	"strings"

	"golang.org/x/text/secure/precis"
)

// isUserName tells whether s is a username of RFC 8265 §3: userparts of the
// profile UsernameCaseMapped with spaces between them. What is compared is
// store.Fold's to say; what is returned is what was sent.
func isUserName(s string) bool {
	if s == "" || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		return false
	}
	if strings.Trim(s, printable) == "" {
		return true
	}
	for part := range strings.SplitSeq(s, " ") {
		if part == "" { // of several spaces
			continue
		}
		if _, err := precis.UsernameCaseMapped.String(part); err != nil {
			return false
		}
	}
	return true
}

// printable are the characters that need no table, which is nearly all.
const printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
