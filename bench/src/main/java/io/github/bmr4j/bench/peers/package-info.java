/**
 * This library beside its peers: every contender is a process that measures on request, and their
 * samples are taken in turns, so that all of them see the same machine. See bench/peers/README.md.
 */
package io.github.bmr4j.bench.peers;
