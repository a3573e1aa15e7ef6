package filter

import (
	"encoding/binary"
	"strconv"
	"strings"

	"scimd/scim/resource"
	"scimd/scim/schema"
)

// A rank begins with one of these.
const (
	assigned = "\x00"
	absent   = "\x01"
)

// rank gives a value as bytes that sort as the values of its type do. An empty
// string is absent, as it is to pr.
func rank(a *schema.Attribute, v resource.Value) string {
	var bytes []byte
	ok := false
	switch v := v.(type) {
	case bool:
		bytes, ok = []byte(strconv.FormatBool(v)), true // false sorts before true
	case resource.Number:
		bytes, ok = rankNumber(string(v))
	case string:
		bytes, ok = rankString(a, v)
	}
	if !ok {
		return absent
	}
	return assigned + string(bytes)
}

func rankString(a *schema.Attribute, s string) ([]byte, bool) {
	if a.Type != schema.DateTime {
		c := comparison{typ: a.Type, exact: isExact(a)}
		return []byte(c.form(s)), s != ""
	}
	t, ok := schema.Instant(s)
	if !ok {
		return nil, false
	}
	return binary.BigEndian.AppendUint32(ascending(t.Unix()), uint32(t.Nanosecond())), true //nolint:gosec // below 1e9
}

// ascending gives 8 bytes that sort as the numbers do.
func ascending(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n)^(1<<63)) //nolint:gosec // two's complement with the sign turned
}

// rankNumber is exact for any number of digits: a sign, the power of ten of
// 0.ddd and the digits, the latter two turned over for a negative number.
func rankNumber(s string) ([]byte, bool) {
	s, negative := strings.CutPrefix(s, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	power := len(digits) - len(fraction)
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return []byte{1}, true
	}
	if exponent != "" {
		e, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			return nil, false
		}
		power += int(e)
	}
	body := append(ascending(int64(power)), digits...)
	if !negative {
		return append([]byte{2}, body...), true
	}
	for i := range body {
		body[i] = ^body[i]
	}
	body = append(body, 0xff) // of two that begin alike the longer is the smaller
	return append([]byte{0}, body...), true
}
