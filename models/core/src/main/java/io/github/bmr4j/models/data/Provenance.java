package io.github.bmr4j.models.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a data set comes from.
 *
 * @param source who published it, and where it was read
 * @param licence its terms
 * @param sha256 of each file's content, by the file's name: 64 hexadecimal digits; of the content
 *     after decompression, since compressing again changes the file but not the data
 */
public record Provenance(String source, String licence, Map<String, String> sha256) {

  /** Keeps the digests from being changed, in their order. */
  public Provenance {
    sha256 = Collections.unmodifiableMap(new LinkedHashMap<>(sha256));
  }
}
