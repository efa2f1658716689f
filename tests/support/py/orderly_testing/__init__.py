"""What the end-to-end and crash tests share: they see Orderly as its users do, as processes that
speak HTTP, and count for themselves what became of every order."""
