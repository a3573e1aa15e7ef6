package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Config is what a deployment sets; config.example.yaml has the defaults. The
// catalogue is in the same file, see catalogue.go.
type Config struct {
	Listen    string     `mapstructure:"listen"`
	Data      string     `mapstructure:"data"`
	PublicURL string     `mapstructure:"public_url"`
	Log       LogConfig  `mapstructure:"log"`
	SCIM      SCIMConfig `mapstructure:"scim"`
}

// LogConfig says what the server tells on standard error.
type LogConfig struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

// SCIMConfig bounds what a SCIM client may ask for.
type SCIMConfig struct {
	MaxBody    int64      `mapstructure:"max_body"`
	MaxResults int        `mapstructure:"max_results"`
	Bulk       BulkConfig `mapstructure:"bulk"`
}

// BulkConfig bounds one bulk request.
type BulkConfig struct {
	MaxOperations int   `mapstructure:"max_operations"`
	MaxPayload    int64 `mapstructure:"max_payload"`
}

var defaults = map[string]any{
	"listen":           "localhost:8080",
	"data":             "data",
	"public_url":       "",
	"log.level":        "info",
	"log.format":       "text",
	"scim.max_body":    16 << 20,
	"scim.max_results": 200,

	"scim.bulk.max_operations": 1000,
	"scim.bulk.max_payload":    4 << 20,
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
		if f := flags.Lookup(key); f != nil {
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
	return errors.Join(faults...)
}
