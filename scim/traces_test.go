package scim_test

import (
	"testing"

	"scimd/conformance/replay"
	"scimd/internal/testenv"
)

// Every step that a real client takes passes.
func TestTraces(t *testing.T) {
	traces, err := replay.Traces()
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range traces {
		t.Run(trace.Name, func(t *testing.T) {
			t.Parallel()
			env := testenv.Start(t)
			for _, failed := range replay.Failed(replay.Run(t.Context(), replay.Target{
				BaseURL: env.SCIM, Token: env.Token, Rand: "run1",
			}, trace)) {
				t.Error(failed)
			}
			env.MustVerify(t)
			answersAlike(t, env, env.Directory, newClient(t, env.SCIM, env.Token))
		})
	}
}
