package idtoken

import (
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxToken = 64 << 10

	// leeway is how far the provider's clock and ours may be apart.
	leeway = time.Minute
)

const malformed = "the token is malformed"

// compact is a JWS in compact serialization (RFC 7515 §3.1), the one form of
// an ID token; go-jose would read others, and blanks in this one.
var compact = regexp.MustCompile(`^([\w-]+)\.[\w-]+\.[\w-]+$`)

// asymmetric are the algorithms that prove more than that both sides know a
// secret (RFC 7518 §3.1, RFC 8037).
var asymmetric = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"}

// checkForm refuses what can be no ID token of anyone, so that nobody is asked
// for its sake.
func checkForm(raw string) error {
	if len(raw) > maxToken {
		return refuse("the token is longer than 64 KiB")
	}
	parts := compact.FindStringSubmatch(raw)
	if parts == nil {
		return refuse("the token is not a signed JWT in compact form")
	}
	var header struct {
		Algorithm string `json:"alg"`
		Type      string `json:"typ"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &header) != nil {
		return refuse(malformed)
	}
	if !slices.Contains(asymmetric, header.Algorithm) {
		return refuse("the token is not signed with a public-key algorithm")
	}
	// at+jwt is an access token, logout+jwt a logout token (RFC 8725 §3.11).
	if header.Type != "" && !strings.EqualFold(header.Type, "JWT") {
		return refuse("the token is of another type than an ID token")
	}
	return nil
}

// token is the part of a payload that decides whether it is a good one.
type token struct {
	Issuer     string         `json:"iss"`
	Subject    string         `json:"sub"`
	Audience   texts          `json:"aud"`
	Authorized *string        `json:"azp"`
	Expiry     *float64       `json:"exp"` // NumericDate may have a fraction (RFC 7519 §2)
	NotBefore  *float64       `json:"nbf"`
	IssuedAt   *float64       `json:"iat"`
	Nonce      string         `json:"nonce"`
	Events     jsontext.Value `json:"events"`
}

// read gives the claims of a payload whose signature is good.
func read(payload []byte, issuer Issuer, nonce string, now time.Time) (Claims, error) {
	var t token
	if err := json.Unmarshal(payload, &t); err != nil { // a name that comes twice is an error
		return Claims{}, refuse(malformed)
	}
	if err := t.check(issuer, nonce); err != nil {
		return Claims{}, err
	}
	if err := t.checkTimes(now); err != nil {
		return Claims{}, err
	}
	var o object
	if err := json.Unmarshal(payload, &o); err != nil {
		return Claims{}, refuse(malformed)
	}
	return o.claims(t.Subject, issuer.groupsClaim())
}

// check holds the token to OIDC Core §2 and §3.1.3.7.
func (t *token) check(issuer Issuer, nonce string) error {
	switch {
	case t.Issuer != issuer.URL:
		return refuse("the token is of another issuer")
	case t.Subject == "" || strings.Contains(t.Subject, "\x00"):
		return refuse("the token has no subject")
	case !slices.Contains(t.Audience, issuer.Audience):
		return refuse("the token is for another audience")
	case t.Authorized == nil && len(t.Audience) > 1:
		return refuse("the token has several audiences and does not say to which it was issued")
	case t.Authorized != nil && *t.Authorized != issuer.Audience:
		return refuse("the token was issued to another party")
	case t.Events != nil && t.Events.Kind() != jsontext.KindNull:
		// Back-Channel Logout §2.4 tells its tokens apart by their having no
		// nonce, which an ID token need not have either.
		return refuse("the token tells of an event and is no ID token")
	case nonce == "" && t.Nonce != "":
		return refuse("the token has a nonce, and none was given to compare it with")
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1:
		return refuse("the token has not the nonce of this login")
	}
	return nil
}

// checkTimes holds the token to RFC 7519 §4.1.4 to §4.1.6; OIDC Core §2 wants
// the first and the last of them.
func (t *token) checkTimes(at time.Time) error {
	now := float64(at.UnixMilli()) / 1000
	soon := now + leeway.Seconds()
	switch {
	case t.Expiry == nil:
		return refuse("the token has no time of expiry")
	case now >= *t.Expiry+leeway.Seconds():
		return refuse("the token has expired")
	case t.NotBefore != nil && *t.NotBefore > soon:
		return refuse("the token is not valid yet")
	case t.IssuedAt == nil:
		return refuse("the token has no time of issue")
	case *t.IssuedAt > soon:
		return refuse("the token was issued in the future")
	}
	return nil
}

// texts is one string or an array of strings.
type texts []string

// UnmarshalJSON is a json.Unmarshaler's.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}
