// Zstandard (RFC 8878) by libzstd. An artifact is a row of independent frames of one size (`ZstdFrames`), so that several
// threads make and undo them and a range of the plain bytes is a range of the file; `zstd -d` reads the row as one stream.
