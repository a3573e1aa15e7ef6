package store

import (
	"testing"
	"unicode"
)

func TestFold(t *testing.T) {
	for _, pair := range []struct {
		a, b string
		same bool
	}{
		{"BJensen", "bjensen", true},
		{"ÉCOLE", "e\u0301cole", true}, // composed against decomposed (7644-7.8-R01)
		{"Σίσυφος", "σίσυφοσ", true},
		{"K", "k", true}, // U+212A
		{"ＢＪensen＀42", "bjensen42", false},
		{"ＢＪｅｎｓｅｎ", "bjensen", true}, // full width (7644-5-R01)
		{"ｶﾞ", "ガ", true},            // narrow katakana, its mark composed
		{"straße", "STRASSE", false},
		{"ı", "I", false},
		{"İ", "i", false},
	} {
		if got := Fold(pair.a) == Fold(pair.b); got != pair.same {
			t.Errorf("Fold(%q) == Fold(%q) is %t, want %t", pair.a, pair.b, got, pair.same)
		}
		if Fold(Fold(pair.a)) != Fold(pair.a) {
			t.Errorf("Fold is not idempotent on %q", pair.a)
		}
	}
}

// Every rune and its case variants fold to one of them, once and for all.

func TestFoldOrbits(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		folded, inOrbit := foldRune(r), foldRune(r) == r
		for v := unicode.SimpleFold(r); v != r; v = unicode.SimpleFold(v) {
			inOrbit = inOrbit || v == folded
			if foldRune(v) != folded {
				t.Errorf("got %q for %q and %q for %q, want the same", folded, r, foldRune(v), v)
			}
		}
		if !inOrbit {
			t.Errorf("got %q for %q, want one of its case variants", folded, r)
		}
		if s := Fold(string(r)); Fold(s) != s {
			t.Errorf("folding %q twice: got %q, want %q", r, Fold(s), s)
		}
	}
	if Fold("I") == Fold("ı") || Fold("ß") == Fold("ss") || Fold("İ") == Fold("i") {
		t.Error("got a fold beyond simple case folding")
	}
}
