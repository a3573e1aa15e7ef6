package workos

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signatureHeader holds "t=<milliseconds>, v1=<hex>": v1 is the HMAC-SHA256 of
// "<t>.<body>" (WorkOS, Syncing with webhooks).
const signatureHeader = "WorkOS-Signature"

// tolerance is WorkOS's own default for the age of a signature, either way:
// clocks differ. A repetition is signed anew.
const tolerance = 3 * time.Minute

// verify refuses a body that none of the secrets signed just now: 400 without
// a readable signature, 401 with a wrong one.
func verify(headers []string, body []byte, secrets []string, now time.Time) error {
	if len(headers) != 1 {
		return refuse(http.StatusBadRequest, "%s must be there once", signatureHeader)
	}
	stamp, signature, ok := parseSignature(headers[0])
	if !ok {
		return refuse(http.StatusBadRequest, `%s must be "t=<milliseconds>, v1=<hex>"`, signatureHeader)
	}
	signed := false
	for _, secret := range secrets {
		signed = hmac.Equal(signature, sign(secret, stamp, body)) || signed
	}
	if !signed {
		return refuse(http.StatusUnauthorized, "the signature is not valid")
	}
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refuse(http.StatusBadRequest, "the time of the signature is no number of milliseconds")
	}
	if age := now.Sub(time.UnixMilli(ms)); age > tolerance || age < -tolerance {
		return refuse(http.StatusUnauthorized, "the time of the signature is more than %v away", tolerance)
	}
	return nil
}

// parseSignature keeps the time as it was signed.
func parseSignature(header string) (stamp string, signature []byte, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			var err error
			if signature, err = hex.DecodeString(value); err != nil {
				return "", nil, false
			}
		}
	}
	return stamp, signature, stamp != "" && len(signature) > 0
}

func sign(secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
