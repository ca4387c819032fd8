package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.reduction.TruncatedLogNormalReduction;
import io.github.bmr4j.models.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StructureCertificateCheckTest {

  private static final float[] LOCATIONS = {-1, -18};
  private static final float[] LOG_SCALES = {-2, 1};

  @TempDir private Path folder;

  private Optional<String> difference(float[] logScales, float[] scores, boolean[] kept)
      throws IOException {
    Path file = folder.resolve("certificate.safetensors");
    new SafetensorsWriter()
        .metadata("format", NoisyModelFiles.CERTIFICATE_FORMAT)
        .metadata("lower", "-20.0")
        .metadata("upper", "0.0")
        .metadata("rule", "bmrs-n-exact")
        .metadata("threshold", "0.0")
        .floats("a.noise.location", new int[] {2}, LOCATIONS)
        .floats("a.noise.log_scale", new int[] {2}, logScales)
        .floats("a.noise.score", new int[] {2}, scores)
        .booleans("a.noise.kept", new int[] {2}, kept)
        .write(file);
    return new StructureCertificateCheck(file).firstDifference();
  }

  /** ΔF of the spike at the lower bound, as the rule has it. */
  private static float[] scores() {
    float[] scores = new float[2];
    for (int i = 0; i < 2; i++) {
      scores[i] =
          (float)
              TruncatedLogNormalReduction.spikeDeltaF(
                  new TruncatedLogNormal(LOCATIONS[i], Math.exp(LOG_SCALES[i]), -20, 0),
                  new LogUniform(-20, 0));
    }
    return scores;
  }

  @Test
  void scoresAndDecisionsThatAgree() throws IOException {
    assertEquals(Optional.empty(), difference(LOG_SCALES, scores(), new boolean[] {true, false}));
  }

  @Test
  void aStructureThatStayedAgainstItsScore() throws IOException {
    float[] scores = scores();
    assertEquals(
        Optional.of(
            "structure 1 of a stayed, but its score is "
                + (double) scores[1]
                + " and the threshold 0.0"),
        difference(LOG_SCALES, scores, new boolean[] {true, true}));
  }

  @Test
  void aScaleThatNoTrainingLeaves() throws IOException {
    assertEquals(
        Optional.of(
            "structure 0 of a has the score "
                + (double) scores()[0]
                + " in the certificate, but it is NaN"),
        difference(new float[] {-512, 1}, scores(), new boolean[] {true, false}));
  }
}
