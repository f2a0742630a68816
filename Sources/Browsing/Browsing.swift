// Looks into artifacts without restoring them.
//
// A catalogue has the listing of its month's tree, which the signed tree hash vouches for, and the map of its stream. So
// `ls`, `find`, `history` and `diff` open catalogues alone; `cat` and `extract` open those frames of an artifact that a
// file lies in, on the server or in a bucket, and compare what comes out with the listing before they hand it out.
//
// `CatalogueShelf` is where catalogues are found: on the server, on the workstation that made them, or in a bucket. A
// workstation asks its server for what it lacks (`ServerReading`), which answers with `ReleasedParts`.
