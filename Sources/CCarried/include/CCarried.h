// Files of this repository, as they were when the binary was built.
#ifndef CCARRIED_H
#define CCARRIED_H

#include <stddef.h>

/// tools/verify_journal.py
const unsigned char *ccarried_verifier(size_t *size);

/// journal-format.md
const unsigned char *ccarried_format(size_t *size);

#endif
