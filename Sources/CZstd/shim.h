// libzstd's stable streaming API as the module CZstd.
#pragma once
#include <zstd.h>
#include <zstd_errors.h>
