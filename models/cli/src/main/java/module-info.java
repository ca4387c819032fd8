/** The {@code bmr} command. */
module io.github.bmr4j.cli {
  requires info.picocli;
  requires io.github.bmr4j.models;

  provides System.LoggerFinder with
      io.github.bmr4j.cli.Log;

  opens io.github.bmr4j.cli to
      info.picocli,
      io.github.bmr4j.models;
}
