package suite

// Case is the check of one row.
type Case struct {
	ID    string
	Run   func(t *T)
	Alone bool // no other case may run meanwhile: it breaks the server or counts what others create
	Row   Row  // filled in by Cases
}

type topic struct {
	number int
	cases  func() []Case
}

// topics lists the functions of the cases_*.go files. One that returns nothing
// is not written yet.
func topics() []topic {
	return []topic{
		{1, mediaCases}, {2, authCases}, {3, discoveryCases}, {4, commonCases}, {5, attributeCases},
		{6, userCases}, {7, groupCases}, {8, postCases}, {9, getCases}, {10, filterCases},
		{11, sortCases}, {12, pageCases}, {13, cursorCases}, {14, projectionCases}, {15, searchCases},
		{16, putCases}, {17, patchCases}, {18, deleteCases}, {19, bulkCases}, {20, meCases},
		{21, etagCases}, {22, errorCases}, {25, versionCases}, {26, securityCases}, {27, unicodeCases},
		{28, extensionCases},
	}
}

// Cases returns one case for every row, in the order of the matrix. Run is nil
// where none is written.
func Cases() []Case {
	written := map[string]Case{}
	for _, topic := range topics() {
		for _, c := range topic.cases() {
			written[c.ID] = c
		}
	}
	rows := Rows()
	cases := make([]Case, len(rows))
	for i, row := range rows {
		cases[i] = written[row.ID]
		cases[i].ID, cases[i].Row = row.ID, row
	}
	return cases
}

// Behind puts a gate before each of the cases, for a topic that is optional as
// a whole.
func Behind(gate func(t *T), cases []Case) []Case {
	gated := make([]Case, len(cases))
	for i, c := range cases {
		gated[i] = c
		gated[i].Run = func(t *T) {
			gate(t)
			c.Run(t)
		}
	}
	return gated
}
