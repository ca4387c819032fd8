/** Networks put together from layers. */
package io.github.bmr4j.models.network;
