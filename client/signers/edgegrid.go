package signers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// mostHashed is how much of a body is signed.
const mostHashed = 128 << 10

// edgegrid signs as EG1-HMAC-SHA256 has it (techdocs.akamai.com/developer/docs/edgegrid; the vendor's clients are what tells in detail):
// of the bodies that of a POST alone, and no headers, of which the calls that are declared have none to sign.
func edgegrid(r *Request) map[string]string {
	mac := func(key, text string) string {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(text))
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	at := r.At.UTC().Format("20060102T15:04:05-0700")
	header := fmt.Sprintf("EG1-HMAC-SHA256 client_token=%s;access_token=%s;timestamp=%s;nonce=%s;", r.Credential[0], r.Parents["access_token"], at, r.Nonce)
	body := ""
	if r.Method == "POST" && len(r.Body) > 0 {
		sum := sha256.Sum256(r.Body[:min(len(r.Body), mostHashed)])
		body = base64.StdEncoding.EncodeToString(sum[:])
	}
	const noHeaders = ""
	signed := strings.Join([]string{r.Method, r.URL.Scheme, r.URL.Host, r.URL.RequestURI(), noHeaders, body, header}, "\t")
	return map[string]string{"Authorization": header + "signature=" + mac(mac(r.Credential[1], at), signed)}
}
