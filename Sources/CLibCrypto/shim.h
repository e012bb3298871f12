// OpenSSL's libcrypto digests (EVP) as the module CLibCrypto.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
