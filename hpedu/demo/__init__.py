"""Made-up data, so that every chart and verdict can be seen. All of it has the status `synthetic`."""
