// libxml2's C API as the module CLibXML2. Inline functions here only replace what Swift cannot import.
#pragma once
#include <libxml/xmlversion.h>
// Debian builds libxml2 with ICU, whose headers clash with the copy inside Foundation.
#undef LIBXML_ICU_ENABLED
#include <libxml/globals.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

/// xmlFree is a mutable global function pointer, which Swift 6 refuses to call.
static inline void shim_xmlFree(void *memory) { xmlFree(memory); }
