/** Measures of fit, calibration and size. */
package io.github.bmr4j.models.metric;
