"""One file a revision; a file that was released is never changed."""
