/* The digest's own functions, which version 3 would rather see replaced by EVP: fetching an algorithm there takes two
   milliseconds at every start, half of them for a configuration file that is not ours. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
