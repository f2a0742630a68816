#include "CCarried.h"

// C23; clang knows it in older modes as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char verifier[] = {
#embed "../../tools/verify_journal.py"
};

static const unsigned char format[] = {
#embed "../../journal-format.md"
};

const unsigned char *ccarried_verifier(size_t *size) {
    *size = sizeof verifier;
    return verifier;
}

const unsigned char *ccarried_format(size_t *size) {
    *size = sizeof format;
    return format;
}
