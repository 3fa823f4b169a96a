// The token service of the plain registry that `make bench` compares Moorage with.
//
// It does what docker_auth does for a static user, and no more: it verifies a bcrypt hash in each
// request, grants what the request asks for, signs with ES256, and sends the certificate in `x5c`.
package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// The cost that `htpasswd -B` uses by default, and the example of docker_auth.
const bcryptCost = 5

const lifetimeSeconds = 900

type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

type service struct {
	key            *ecdsa.PrivateKey
	header         string
	username       string
	hash           []byte
	issuer, target string
}

func main() {
	// The arguments are the address, a PEM file with key and certificate, and the user name. The
	// password is in TOKEN_PASSWORD.
	address, username := os.Args[1], os.Args[3]
	pemFile, err := os.ReadFile(os.Args[2])
	check(err)
	keyBlock, rest := pem.Decode(pemFile)
	certificate, _ := pem.Decode(rest)
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	check(err)
	hash, err := bcrypt.GenerateFromPassword([]byte(os.Getenv("TOKEN_PASSWORD")), bcryptCost)
	check(err)
	header, err := json.Marshal(map[string]any{
		"typ": "JWT",
		"alg": "ES256",
		"x5c": []string{base64.StdEncoding.EncodeToString(certificate.Bytes)},
	})
	check(err)
	handler := &service{key.(*ecdsa.PrivateKey), encode(header), username, hash, "plain", "plain"}
	http.Handle("/token", handler)
	check(http.ListenAndServe(address, nil))
}

func (s *service) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	username, password, _ := request.BasicAuth()
	if username != s.username || bcrypt.CompareHashAndPassword(s.hash, []byte(password)) != nil {
		http.Error(answer, "wrong user name or password", http.StatusUnauthorized)
		return
	}
	token, err := s.sign(request.URL.Query()["scope"])
	check(err)
	body, err := json.Marshal(map[string]string{"token": token, "access_token": token})
	check(err)
	answer.Header().Set("Content-Type", "application/json")
	answer.Header().Set("Content-Length", strconv.Itoa(len(body)))
	answer.Write(body)
	log.Printf("%s %s 200", username, request.URL.RawQuery)
}

func (s *service) sign(scopes []string) (string, error) {
	granted := []access{}
	for _, scope := range scopes {
		if parts := strings.Split(scope, ":"); len(parts) == 3 {
			granted = append(granted, access{parts[0], parts[1], strings.Split(parts[2], ",")})
		}
	}
	now := time.Now().Unix()
	id := make([]byte, 16)
	rand.Read(id)
	claims, err := json.Marshal(map[string]any{
		"iss": s.issuer, "sub": s.username, "aud": s.target, "jti": hex.EncodeToString(id),
		"iat": now, "nbf": now - 10, "exp": now + lifetimeSeconds, "access": granted,
	})
	if err != nil {
		return "", err
	}
	signed := s.header + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return signed + "." + encode(signature), nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
