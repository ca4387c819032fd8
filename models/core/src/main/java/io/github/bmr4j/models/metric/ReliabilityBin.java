package io.github.bmr4j.models.metric;

/**
 * One bucket of a reliability diagram.
 *
 * @param count how many predictions fell into it
 * @param accuracy share of them that were right; 0 where there are none
 * @param confidence mean of their confidences; 0 where there are none
 * @param lower edge of the confidences
 * @param upper edge of the confidences
 */
public record ReliabilityBin(
    long count, double accuracy, double confidence, double lower, double upper) {}
