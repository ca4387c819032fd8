package io.github.bmr4j.cli.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MarkupTest {

  @Test
  void escapesTextAndAttributes() {
    Markup markup = new Markup().element("p", "a < b & \"c\"", "title", "x > \"y\"");
    assertEquals(
        "<p title=\"x &gt; &quot;y&quot;\">a &lt; b &amp; &quot;c&quot;</p>\n", markup.toString());
  }

  @Test
  void coordinatesAreShort() {
    assertEquals("1", Markup.number(1));
    assertEquals("0", Markup.number(-0.001));
    assertEquals("-2.5", Markup.number(-2.5));
    assertEquals("100", Markup.number(99.999));
    assertThrows(IllegalArgumentException.class, () -> Markup.number(Double.NaN));
  }

  @Test
  void refusesWhatIsNotWellFormed() {
    assertThrows(IllegalStateException.class, () -> new Markup().open("a").open("b").close("a"));
    assertThrows(IllegalStateException.class, () -> new Markup().open("a").toString());
    IllegalArgumentException odd =
        assertThrows(IllegalArgumentException.class, () -> new Markup().open("a", "name"));
    assertTrue(odd.getMessage().contains("1"), odd.getMessage());
  }
}
