package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"scimd/password"
	"scimd/scim/schema"
)

// Config is what a deployment sets; config.example.yaml has the defaults. The
// catalogue is in the same file, see catalogue.go.
type Config struct {
	Listen    string       `mapstructure:"listen"`
	Data      string       `mapstructure:"data"`
	Store     StoreConfig  `mapstructure:"store"`
	PublicURL string       `mapstructure:"public_url"`
	TLS       TLSConfig    `mapstructure:"tls"`
	Log       LogConfig    `mapstructure:"log"`
	SCIM      SCIMConfig   `mapstructure:"scim"`
	Sync      SyncConfig   `mapstructure:"sync"`
	Plans     PlanConfig   `mapstructure:"plans"`
	People    PeopleConfig `mapstructure:"people"`
}

// StoreConfig says where everything is kept.
type StoreConfig struct {
	Driver string `mapstructure:"driver"` // sqlite, in the folder of Data, or postgres
	DSN    string `mapstructure:"dsn"`    // of postgres; it may hold a password
}

// SyncConfig is the schedule by which everyone is decided again (P-3).
type SyncConfig struct {
	Interval time.Duration `mapstructure:"interval"` // 0: off
}

// PlanConfig is about previews (P-1).
type PlanConfig struct {
	Lifetime time.Duration `mapstructure:"lifetime"`
}

// PeopleConfig says how long people are known.
type PeopleConfig struct {
	// Retention is counted from when someone left the last directory and org;
	// 0: until they are erased by hand (I-3).
	Retention time.Duration `mapstructure:"retention"`
}

// LogConfig says what the server tells on standard error.
type LogConfig struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

// SCIMConfig bounds what a SCIM client may ask for, and says what there is
// beside users and groups.
type SCIMConfig struct {
	MaxBody          int64         `mapstructure:"max_body"`
	Schemas          string        `mapstructure:"schemas"` // folder, see schema.LoadFolder
	MaxResults       int           `mapstructure:"max_results"`
	DefaultPage      int           `mapstructure:"default_page"`
	MaxScan          int           `mapstructure:"max_scan"`
	CursorTimeout    time.Duration `mapstructure:"cursor_timeout"`
	SensitiveFilters []string      `mapstructure:"sensitive_filters"`
	Bulk             BulkConfig    `mapstructure:"bulk"`
	// Passwords is drop or hash.
	Passwords string `mapstructure:"passwords"`
	// TokenLifetime is that of a token for which none is asked; 0: no end.
	TokenLifetime time.Duration `mapstructure:"token_lifetime"`
	// FailuresPerMinute bounds the requests of one address without a valid
	// token; 0: no bound.
	FailuresPerMinute int `mapstructure:"failures_per_minute"`
}

// hasher is nil where passwords are dropped.
func (c SCIMConfig) hasher() *password.Hasher {
	if c.Passwords != "hash" {
		return nil
	}
	return password.New(runtime.NumCPU())
}

// registries reads the folder of schemas, once at the start.
func (c SCIMConfig) registries() (*schema.Registries, error) {
	if c.Schemas == "" {
		return schema.LoadFolder(nil)
	}
	r, err := schema.LoadFolder(os.DirFS(c.Schemas))
	if err != nil {
		return nil, fmt.Errorf("scim.schemas %s:\n%w", c.Schemas, err)
	}
	return r, nil
}

// BulkConfig bounds one bulk request.
type BulkConfig struct {
	MaxOperations int   `mapstructure:"max_operations"`
	MaxPayload    int64 `mapstructure:"max_payload"`
}

var defaults = map[string]any{
	"listen":       "localhost:8080",
	"data":         "data",
	"store.driver": "sqlite",
	"store.dsn":    "",
	"public_url":   "",
	"tls.cert":     "",
	"tls.key":      "",
	"log.level":    "info",
	"log.format":   "text",

	"scim.max_body":            16 << 20,
	"scim.schemas":             "",
	"scim.max_results":         200,
	"scim.default_page":        100,
	"scim.max_scan":            100_000,
	"scim.cursor_timeout":      "1h",
	"scim.sensitive_filters":   []string{},
	"scim.bulk.max_operations": 1000,
	"scim.bulk.max_payload":    4 << 20,
	"scim.passwords":           "drop",
	"scim.token_lifetime":      "8760h",
	"scim.failures_per_minute": 120,

	"sync.interval":    "1h",
	"plans.lifetime":   "24h",
	"people.retention": "0s",
}

// loadConfig reads the file (if named), then the environment, then the flags;
// later ones win. Everything that is wrong is reported at once.
func loadConfig(file string, flags *pflag.FlagSet) (Config, error) {
	v := viper.New()
	for key, value := range defaults {
		v.SetDefault(key, value)
	}
	v.SetEnvPrefix("SCIMD")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()
	for key := range defaults {
		if f := flags.Lookup(strings.ReplaceAll(key, ".", "-")); f != nil {
			if err := v.BindPFlag(key, f); err != nil {
				return Config{}, err
			}
		}
	}
	if file != "" {
		v.SetConfigFile(file)
		if err := v.ReadInConfig(); err != nil {
			return Config{}, err
		}
	}
	var c Config
	unknown := unknownKeys(v)
	if err := v.Unmarshal(&c, func(d *mapstructure.DecoderConfig) { d.WeaklyTypedInput = true }); err != nil {
		return c, errors.Join(unknown, err)
	}
	return c, errors.Join(unknown, c.Validate())
}

// unknownKeys names each key that nothing reads; a typing error must not
// silently leave a default.
func unknownKeys(v *viper.Viper) error {
	var faults []error
	for _, key := range v.AllKeys() {
		section, _, _ := strings.Cut(key, ".")
		if _, known := defaults[key]; !known && section != "products" && section != "parent_plans" {
			faults = append(faults, fmt.Errorf("config: unknown key %s", key))
		}
	}
	return errors.Join(faults...)
}

// Validate reports all faults together.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("config: "+format, args...))
		}
	}
	_, _, err := net.SplitHostPort(c.Listen)
	check(err == nil, "listen %q is not HOST:PORT", c.Listen)
	check(c.Data != "", "data is empty")
	check(c.Store.Driver == "sqlite" || c.Store.Driver == "postgres", "store.driver %q is not one of sqlite, postgres", c.Store.Driver)
	check((c.Store.Driver == "postgres") == (c.Store.DSN != ""), "store.dsn and store.driver postgres need each other")
	u, err := url.Parse(c.PublicURL)
	check(c.PublicURL == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == "",
		"public_url %q is not an http or https address", c.PublicURL)
	var level slog.Level
	check(level.UnmarshalText([]byte(c.Log.Level)) == nil, "log.level %q is not one of debug, info, warn, error", c.Log.Level)
	check(c.Log.Format == "text" || c.Log.Format == "json", "log.format %q is not one of text, json", c.Log.Format)
	check(c.SCIM.MaxBody > 0, "scim.max_body is not positive")
	check(c.SCIM.MaxResults > 0, "scim.max_results is not positive")
	check(c.SCIM.Bulk.MaxOperations > 0, "scim.bulk.max_operations is not positive")
	check(c.SCIM.Bulk.MaxPayload > 0, "scim.bulk.max_payload is not positive")
	check((c.TLS.Cert == "") == (c.TLS.Key == ""), "tls.cert and tls.key need each other")
	check(c.SCIM.Passwords == "drop" || c.SCIM.Passwords == "hash", "scim.passwords %q is not one of drop, hash", c.SCIM.Passwords)
	check(c.SCIM.TokenLifetime >= 0, "scim.token_lifetime is negative")
	check(c.SCIM.FailuresPerMinute >= 0, "scim.failures_per_minute is negative")
	check(c.SCIM.DefaultPage > 0, "scim.default_page is not positive")
	check(c.SCIM.MaxScan >= 0, "scim.max_scan is negative")
	check(c.SCIM.CursorTimeout >= time.Second, "scim.cursor_timeout is less than a second")
	check(c.Sync.Interval >= 0, "sync.interval is negative")
	check(c.People.Retention >= 0, "people.retention is negative")
	check(c.Plans.Lifetime > 0, "plans.lifetime is not positive")
	return errors.Join(faults...)
}
