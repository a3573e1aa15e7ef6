package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) serveCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.serve(cmd.Context(), file, cmd.Flags(), nil)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration file, see config.example.yaml")
	serverFlags(cmd.Flags())
	return cmd
}

func serverFlags(f *pflag.FlagSet) {
	f.String("listen", "", "address to listen on (default localhost:8080)")
	f.String("data", "", "folder of the database (default data)")
	f.String("store-driver", "", "sqlite or postgres (default sqlite)")
	f.String("store-dsn", "", "DSN of PostgreSQL; SCIMD_STORE_DSN keeps its password out of the process list")
	f.String("tls-cert", "", "certificate file, PEM with its chain; with it the server speaks TLS only")
	f.String("tls-key", "", "key file of the certificate")
}

// serve runs a server until ctx is done; prepare, if any, comes before the
// first request.
func (a *app) serve(ctx context.Context, file string, flags *pflag.FlagSet, prepare func(context.Context, *server, *credentials) error) error {
	config, wrong := loadConfig(file, flags)
	catalogue, err := loadCatalogue(file)
	registries, faults := config.SCIM.registries()
	if err := errors.Join(wrong, err, faults); err != nil {
		return err
	}
	a.collectSeldom()
	s, err := a.open(ctx, config, catalogue, registries)
	if err != nil {
		return err
	}
	if err := a.introduce(ctx, s, prepare); err != nil {
		return errors.Join(err, s.close())
	}
	return s.serve(ctx)
}

// introduce sees to an administrator key, tells where the server is and leaves
// the commands what they need.
func (a *app) introduce(ctx context.Context, s *server, prepare func(context.Context, *server, *credentials) error) error {
	left, err := readCredentials(s.config.Data)
	if err != nil {
		return err
	}
	left.URL = s.local()
	if s.keys != nil {
		left.URL = s.url() // the name that the certificate is for
	}
	key, err := a.adminKey(ctx, s)
	if err != nil {
		return err
	}
	// A server without a standard output still serves, and leaves its key on file.
	_, _ = fmt.Fprintf(a.stdout, "SCIM  %s%s\nAPI   %s/api/v1\n", s.url(), scimPath, s.url())
	if key != "" {
		left.Key = key
	}
	if key != "" && a.getenv("SCIMD_ADMIN_KEY") == "" {
		_, _ = fmt.Fprintf(a.stdout, "Administrator key, shown this once:  %s\n", key)
	}
	if prepare != nil {
		if err := prepare(ctx, s, &left); err != nil {
			return err
		}
	}
	return left.write(s.config.Data)
}

// adminKey makes the key of the environment valid, or a first one for an empty
// database; it is "" where there is a key already.
func (a *app) adminKey(ctx context.Context, s *server) (string, error) {
	if given := a.getenv("SCIMD_ADMIN_KEY"); given != "" {
		return s.provision.CreateAdminKey(ctx, "SCIMD_ADMIN_KEY", given)
	}
	if has, err := s.provision.HasAdminKey(ctx); has || err != nil {
		return "", err
	}
	return s.provision.CreateAdminKey(ctx, "first", "")
}
