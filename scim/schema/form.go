package schema

import (
	"cmp"
	"encoding/asn1"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are checked also where the system has none

	"golang.org/x/text/language"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// xsdDateTime is xsd:dateTime with a year of four digits.
var xsdDateTime = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT)(\d\d)(:\d\d:\d\d)(\.\d+)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?$`)

// Instant reads a dateTime (RFC 7643 §2.3.5). One without a zone is taken as
// UTC; 24:00:00 is the midnight that ends the day.
func Instant(s string) (time.Time, bool) {
	m := xsdDateTime.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	day, hour, rest, fraction, zone := m[1], m[2], m[3], m[4], cmp.Or(m[5], "Z")
	midnight := hour == "24" && rest == ":00:00" && strings.Trim(fraction, ".0") == ""
	if midnight {
		hour = "00"
	}
	t, err := time.Parse(time.RFC3339Nano, day+hour+rest+fraction+zone)
	if midnight {
		t = t.AddDate(0, 0, 1)
	}
	return t, err == nil
}

// fromBase64 reads either alphabet of RFC 4648 with its padding or without
// (RFC 7643 §2.3.6).
func fromBase64(s string) ([]byte, bool) {
	text := strings.TrimRight(s, "=")
	if padding := len(s) - len(text); padding > 0 && (padding > 2 || len(s)%4 != 0) || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	b, err := encoding.DecodeString(text)
	return b, err == nil
}

// isURI reads an absolute or relative URI (RFC 7643 §2.3.7). Letters outside
// ASCII pass: they are an IRI's, and have one form as a URI (RFC 3987 §3.1).
func isURI(s string) bool {
	_, err := url.Parse(s)
	return err == nil && !strings.ContainsAny(s, " \t\r\n\"<>\\^`{|}")
}

var (
	languageTag  = regexp.MustCompile(`^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$`)
	languageList = regexp.MustCompile(`^[ \t]*` + languageRange + `([ \t]*,[ \t]*` + languageRange + `)*[ \t]*$`)
)

// languageRange is one entry of Accept-Language (RFC 9110 §12.5.4).
const languageRange = `(\*|[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)([ \t]*;[ \t]*q=(0(\.\d{0,3})?|1(\.0{0,3})?))?`

// form is what an attribute of User asks of its text beyond the type
// (RFC 7643 §4.1).
type form struct {
	path, says string
	holds      func(string) bool
	unless     []quirk.Quirk // any of them lets other text pass
}

var forms = []form{
	{"userName", "a user name of RFC 8265: without symbols, and without a blank at an end", isUserName, nil},
	{"locale", "a language tag without blanks", func(s string) bool { return !strings.ContainsAny(s, " \t\r\n") }, nil},
	{"locale", "a language tag such as en-US", languageTag.MatchString, []quirk.Quirk{quirk.FreeLocale}},
	{"preferredLanguage", "languages in the form of Accept-Language", languageList.MatchString, []quirk.Quirk{quirk.FreeLocale}},
	{"timezone", "an IANA time zone", isZone, []quirk.Quirk{quirk.FreeLocale}},
	{"addresses.country", "an ISO 3166-1 alpha-2 code", isCountry, []quirk.Quirk{quirk.FreeCountry}},
	{"x509Certificates.value", "the base64 of one certificate in DER", isCertificate, nil},
}

// isCertificate tells whether a text is one DER sequence and nothing after it.
// What is in it is for those who use it to judge.
func isCertificate(s string) bool {
	der, ok := fromBase64(s)
	if !ok {
		return false
	}
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(der, &v)
	return err == nil && len(rest) == 0 && v.Class == asn1.ClassUniversal && v.Tag == asn1.TagSequence && v.IsCompound
}

func isZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "" && s != "Local"
}

func isCountry(s string) bool {
	region, err := language.ParseRegion(s)
	return err == nil && len(s) == 2 && region.IsCountry()
}

// content checks what single attributes say beyond their type.
func (c checker) content(a *Attribute, v resource.Value, at string) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	if a.Required && s == "" && a.Type == String {
		return scimerr.InvalidValue("%s must not be empty", at)
	}
	if a.Schema != UserURN {
		return nil
	}
	for _, f := range forms {
		if a.Path == f.path && !slices.ContainsFunc(f.unless, c.quirks.Has) && !f.holds(s) {
			return scimerr.InvalidValue("%s must be %s", at, f.says)
		}
	}
	return nil
}
