package patch

import "scimd/scim/quirk"

// bare spares the tables their schemas.
const bare = quirk.Interop | 1<<quirk.MissingSchemas
