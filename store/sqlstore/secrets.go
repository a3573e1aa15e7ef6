package sqlstore

func scanSecret(s scanner) (value []byte, err error) {
	err = s.Scan(&value)
	return value, err
}

func (t *tx) Secret(name string) ([]byte, error) {
	return one(t, scanSecret, "SELECT value FROM secret WHERE name = ?", name)
}

func (t *tx) AddSecret(name string, value []byte) error {
	return t.exec("INSERT INTO secret(name, value) VALUES(?, ?)", name, value)
}
