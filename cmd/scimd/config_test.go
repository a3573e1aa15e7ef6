package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"scimd/mapping"
)

const example = "../../config.example.yaml"

func TestExampleIsTheDefault(t *testing.T) {
	none := pflag.NewFlagSet("", pflag.ContinueOnError)
	want, err := loadConfig("", none)
	if err != nil {
		t.Fatal(err)
	}
	got, err := loadConfig(example, none)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("example is %+v, %v; defaults are %+v", got, err, want)
	}
	catalogue, err := loadCatalogue(example)
	if err != nil || !reflect.DeepEqual(catalogue, mapping.Default()) {
		t.Errorf("catalogue of the example is %+v, %v", catalogue, err)
	}
}

func TestConfigOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("listen: a:1\ndata: file\nlog: {level: warn}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SCIMD_DATA", "env")
	t.Setenv("SCIMD_LOG_LEVEL", "error")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("data", "data", "")
	if err := flags.Parse([]string{"--data=flag"}); err != nil {
		t.Fatal(err)
	}
	got, err := loadConfig(file, flags)
	if err != nil || got.Listen != "a:1" || got.Data != "flag" || got.Log.Level != "error" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestConfigFaultsTogether(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("listen: nowhere\nlog: {format: xml, colour: red}\nscim: {max_body: -1, default_page: 0, max_scan: -1, cursor_timeout: 10ms, bulk: {max_operations: 0, max_payload: 0}, passwords: plain, token_lifetime: -1h, failures_per_minute: -1}\npublic_url: scim\nstore: {driver: mysql}\ntls: {cert: c.pem}\nsync: {interval: -1m}\nplans: {lifetime: 0s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := loadConfig(file, pflag.NewFlagSet("", pflag.ContinueOnError))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"unknown key log.colour", `log.format "xml"`, "scim.max_body", "scim.default_page", "scim.max_scan", "scim.cursor_timeout", "scim.bulk.max_operations", "scim.bulk.max_payload", `scim.passwords "plain"`, "scim.token_lifetime", "scim.failures_per_minute", "tls.cert and tls.key", "sync.interval", `store.driver "mysql"`, "plans.lifetime", `listen "nowhere"`, `public_url "scim"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}
