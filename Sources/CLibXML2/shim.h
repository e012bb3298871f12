// libxml2's C API as the module CLibXML2. Inline functions here only replace what Swift cannot import.
#pragma once
#include <libxml/xmlversion.h>
// Debian builds libxml2 with ICU, whose headers clash with the copy inside Foundation.
#undef LIBXML_ICU_ENABLED
#include <libxml/SAX2.h>
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

/// The calling thread's receiver of structured errors; libxml2 offers it only as a macro over a thread-local.
static inline xmlStructuredErrorFunc shim_xmlStructuredError(void) { return xmlStructuredError; }
static inline void *shim_xmlStructuredErrorContext(void) { return xmlStructuredErrorContext; }

/// The calling thread's receiver of free-form messages, whose variadic type Swift cannot call or build.
typedef struct {
  xmlGenericErrorFunc function;
  void *context;
} shim_GenericErrorReceiver;

static inline void shim_dropMessage(void *context, const char *format, ...) {
  (void)context;
  (void)format;
}

/// Drops free-form messages on this thread, and gives what must be put back afterwards.
static inline shim_GenericErrorReceiver shim_dropGenericErrors(void) {
  shim_GenericErrorReceiver previous = {xmlGenericError, xmlGenericErrorContext};
  xmlSetGenericErrorFunc(NULL, shim_dropMessage);
  return previous;
}

static inline void shim_restoreGenericErrors(shim_GenericErrorReceiver previous) {
  xmlSetGenericErrorFunc(previous.context, previous.function);
}
