package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"scimd/conformance/report"
	"scimd/conformance/suite"
)

// conformance is what the flags of scimd conform say.
type conformance struct {
	target  suite.Target
	options suite.Options
	ca      string

	issueToken, fault, memory string // shell commands
	dataFiles, logFile        string

	files map[string]*string // where to write, by format
}

var reportFormats = []struct {
	name, what string
	write      func(io.Writer, *suite.Report) error
}{
	{"junit", "JUnit XML, for a CI server", report.JUnit},
	{"markdown", "Markdown", report.Markdown},
	{"html", "one self-contained page, with what was sent and answered at each failure", report.HTML},
}

func (a *app) conformCommand() *cobra.Command {
	c := conformance{files: map[string]*string{}}
	cmd := &cobra.Command{
		Use: "conform --url URL --token TOKEN", Short: "Judge any SCIM server by RFC 7643, 7644 and 9865", Args: cobra.NoArgs,
		Long: `conform judges a SCIM 2.0 server, whoever made it, by the requirements of RFC
7643, 7644 and 9865, a case each. It writes users and groups under names of its
own and deletes them again.

What the flags leave out is not judged, and what is not judged never passes. The
exit status is 1 if anything failed.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.conform(cmd.Context(), c) },
	}
	f := cmd.Flags()
	f.StringVar(&c.target.URL, "url", "", "base URL, such as https://example.com/scim/v2")
	f.StringVar(&c.target.Token, "token", "", "bearer token of a client that may do everything")
	f.StringVar(&c.target.OtherToken, "other-token", "", "token of a client of another tenant")
	f.StringVar(&c.target.ReadOnlyToken, "read-only-token", "", "token of a client of the same tenant that may only read")
	f.StringVar(&c.target.SubjectToken, "subject-token", "", "token of a user of the same tenant for itself alone")
	f.StringVar(&c.ca, "ca", "", "file with the certificate authority of the server")
	f.StringVar(&c.issueToken, "issue-token", "", "command that prints a new token good for $TTL, such as 2s")
	f.StringVar(&c.fault, "fault", "", "command during which the storage fails; it prints a line when it does, and is then stopped")
	f.StringVar(&c.memory, "memory", "", "command that prints how many bytes of memory the server uses")
	f.StringVar(&c.dataFiles, "data-files", "", "pattern of the files that hold the server's data, such as data/scimd.db*")
	f.StringVar(&c.logFile, "log-file", "", "file with the server's log")
	f.StringSliceVar(&c.options.Only, "only", nil, "rows by id or its beginning, topics by number")
	f.StringSliceVar(&c.target.Readings, "reading", nil, "ambiguities that the server reads the other way, such as A-05")
	f.IntVar(&c.options.Parallel, "parallel", 4, "cases at once")
	for _, format := range reportFormats {
		c.files[format.name] = f.String(format.name, "", "file for a report as "+format.what)
	}
	f.StringVarP(&a.output, "output", "o", "table", "json or table")
	_ = cmd.MarkFlagRequired("url") // it exists
	_ = cmd.MarkFlagRequired("token")
	return cmd
}

func (a *app) conform(ctx context.Context, c conformance) error {
	for _, reading := range c.target.Readings {
		if !regexp.MustCompile(`^A-\d\d$`).MatchString(reading) {
			return fmt.Errorf("--reading %q is no ambiguity such as A-05", reading)
		}
	}
	client, err := trusting(c.ca)
	if err != nil {
		return err
	}
	c.target.Client = client
	c.hooks()
	advance, finish := a.progress("judging")
	c.options.Progress = advance
	r, err := suite.Run(ctx, c.target, c.options)
	finish()
	if err != nil {
		return err
	}
	for _, format := range reportFormats {
		if path := *c.files[format.name]; path != "" {
			if err := writeFile(path, r, format.write); err != nil {
				return err
			}
		}
	}
	if err := a.showReport(r); err != nil {
		return err
	}
	if failed := r.Totals().Failed; failed > 0 {
		return fmt.Errorf("%d rows failed", failed)
	}
	return nil
}

func (a *app) showReport(r *suite.Report) error {
	if a.output != "json" {
		return report.Terminal(a.stdout, r)
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

// trusting gives a client that trusts the authority of a file besides the
// usual ones; nil asks for the usual client.
func trusting(file string) (*http.Client, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}

// hooks gives the suite what the flags offer beyond a client's view.
func (c *conformance) hooks() {
	h := &c.target.Hooks
	if c.issueToken != "" {
		h.IssueToken = func(ctx context.Context, ttl time.Duration) (string, error) {
			return shellLine(ctx, c.issueToken, "TTL="+ttl.String())
		}
	}
	if c.fault != "" {
		h.Fault = func(ctx context.Context) (func() error, error) { return shellFault(ctx, c.fault) }
	}
	if c.memory != "" {
		h.Memory = func(ctx context.Context) (uint64, error) {
			text, err := shellLine(ctx, c.memory)
			if err != nil {
				return 0, err
			}
			return strconv.ParseUint(text, 10, 64)
		}
	}
	if c.dataFiles != "" {
		h.Files = func(context.Context) ([]string, error) {
			files, err := filepath.Glob(c.dataFiles)
			if err == nil && len(files) == 0 {
				err = fmt.Errorf("nothing matches %s", c.dataFiles)
			}
			return files, err
		}
	}
	if c.logFile != "" {
		h.Logs = func(context.Context) ([]byte, error) { return os.ReadFile(c.logFile) }
	}
}

func writeFile(path string, r *suite.Report, write func(io.Writer, *suite.Report) error) error {
	f, err := os.Create(path) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	return errors.Join(write(f, r), f.Close())
}
