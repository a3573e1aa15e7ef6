package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scimd": main})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":   ready,
			"scim":    push,
			"get":     get,
			"secret":  secret,
			"field":   field,
			"as":      as,
			"conform": conform,
			"hook":    hook,
			"damage":  damage,
		},
	})
}

// ready DATA waits until the server of a data folder answers, and puts its
// address into $URL. What an earlier one left there names an address that does
// not.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	for range 500 {
		left, err := readCredentials(ts.MkAbs(args[0]))
		ts.Check(err)
		if w, err := http.Get(left.URL + "/healthz"); err == nil {
			ts.Check(w.Body.Close())
			ts.Setenv("URL", left.URL)
			return
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // another process becomes ready: it can only be asked again
	}
	ts.Fatalf("no server answers for %s", args[0])
}

// push METHOD PATH BODY STATUS [NAME] speaks SCIM to the server of folder
// data, as the directory; the id of the answer, or of the one resource listed in it,
// becomes the variable NAME.
func push(ts *testscript.TestScript, _ bool, args []string) {
	left, err := readCredentials(ts.MkAbs("data"))
	ts.Check(err)
	raw := ask(ts, args[0], left.URL+scimPath+args[1], left.SCIMToken, args[2], args[3])
	if len(args) > 4 {
		type named struct {
			ID string `json:"id"`
		}
		var got struct {
			named
			Resources []named
		}
		ts.Check(json.Unmarshal(raw, &got))
		if len(got.Resources) == 1 {
			got.named = got.Resources[0]
		}
		ts.Setenv(args[4], got.ID)
	}
}

// conform FLAG... runs scimd conform against the server of folder data.
func conform(ts *testscript.TestScript, fails bool, args []string) {
	left, err := readCredentials(ts.MkAbs("data"))
	ts.Check(err)
	err = ts.Exec("scimd", append([]string{"conform", "--url", left.URL + scimPath, "--token", left.SCIMToken}, args...)...)
	if fails == (err == nil) {
		ts.Fatalf("scimd conform: %v, want failure: %t", err, fails)
	}
}

// secret NAME makes a variable of the secret that the last command printed as
// JSON.
func secret(ts *testscript.TestScript, _ bool, args []string) {
	var made struct {
		Secret string `json:"secret"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &made))
	ts.Setenv(args[0], made.Secret)
}

// field FIELD NAME makes a variable of a field of the JSON that the last command
// printed; a dot leads into an object.
func field(ts *testscript.TestScript, _ bool, args []string) {
	var got any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
	for name := range strings.SplitSeq(args[0], ".") {
		object, _ := got.(map[string]any)
		got = object[name]
	}
	ts.Setenv(args[1], fmt.Sprint(got))
}

// as TOKEN METHOD PATH BODY STATUS speaks SCIM to the server of folder data
// with a token.
func as(ts *testscript.TestScript, _ bool, args []string) {
	left, err := readCredentials(ts.MkAbs("data"))
	ts.Check(err)
	ask(ts, args[1], left.URL+scimPath+args[2], args[0], args[3], args[4])
}

// get PATH STATUS asks the server of folder data without a token.
func get(ts *testscript.TestScript, _ bool, args []string) {
	left, err := readCredentials(ts.MkAbs("data"))
	ts.Check(err)
	ask(ts, "GET", left.URL+args[0], "", "", args[1])
}

// hook DIRECTORY SECRET FILE STATUS delivers a file as WorkOS does, signed now.
func hook(ts *testscript.TestScript, _ bool, args []string) {
	left, err := readCredentials(ts.MkAbs("data"))
	ts.Check(err)
	body := ts.ReadFile(args[2])
	stamp := fmt.Sprint(time.Now().UnixMilli())
	mac := hmac.New(sha256.New, []byte(args[1]))
	mac.Write([]byte(stamp + "." + body))
	r, err := http.NewRequest(http.MethodPost, left.URL+workosPath+"/"+args[0], strings.NewReader(body))
	ts.Check(err)
	r.Header.Set("WorkOS-Signature", "t="+stamp+", v1="+hex.EncodeToString(mac.Sum(nil)))
	send(ts, r, args[3])
}

// damage FILE TABLE writes over the first page of a table of a database.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	db, err := sql.Open("sqlite3", file)
	ts.Check(err)
	var page, size int64
	ts.Check(db.QueryRow("SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = ?", args[1]).Scan(&page, &size))
	ts.Check(db.Close()) // with which the WAL, where the page may be too, has gone
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0x55}, int(size)), (page-1)*size)
	ts.Check(err)
	ts.Check(f.Close())
}

func ask(ts *testscript.TestScript, method, url, token, body, status string) []byte {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/scim+json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return send(ts, r, status)
}

func send(ts *testscript.TestScript, r *http.Request, status string) []byte {
	w, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%s\n", raw)
	ts.Check(err)
	if fmt.Sprint(w.StatusCode) != status {
		ts.Fatalf("%s %s: %s, want %s: %s", r.Method, r.URL, w.Status, status, raw)
	}
	return raw
}
