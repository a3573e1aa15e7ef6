package scim_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"scimd/internal/testenv"
)

// BenchmarkBulk creates as many users as one job may hold.
func BenchmarkBulk(b *testing.B) {
	env := testenv.Start(b)
	h := bulkHandler(env, slog.DiscardHandler)
	job := 0
	for b.Loop() {
		operations := make([]string, maxBulkOperations)
		for i := range operations {
			operations[i] = bulkUser(fmt.Sprint(i), fmt.Sprintf("user%d-%d", job, i))
		}
		job++
		message := bulkMessage("", operations...)
		if w := bulkServe(b.Context(), h, env.Token, strings.NewReader(message), int64(len(message))); w.Code != http.StatusOK || strings.Count(w.Body.String(), `"status":"201"`) != maxBulkOperations {
			b.Fatalf("got %d, want 200 with a success for each operation", w.Code)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(job)/maxBulkOperations, "ms/operation")
}
