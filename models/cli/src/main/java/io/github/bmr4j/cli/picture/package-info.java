/** Charts and images for reports, written as text: no picture needs a script or another file. */
package io.github.bmr4j.cli.picture;
