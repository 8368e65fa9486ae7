// Package corpustest finds what others have published to test such software with (mails of many servers, callbacks of
// providers, requests of client libraries), which is not part of the repository.
//
// It promises that a test which needs such data is skipped where there is none, and says how to give it: the data is in
// the folder that the environment's RAPPORT_TESTDATA names, and otherwise in shared/testdata beside the repository. Only
// absence skips a test: data that cannot be read fails it.
package corpustest
