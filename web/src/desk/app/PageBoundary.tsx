import { Component, type ReactNode } from "react";
import { Failure } from "@shared/ui/Notice";

/** A page that fails, or whose code cannot be loaded, does not take the others with it. */
export class PageBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Failure
        title="This page cannot be shown."
        error={this.state.error}
        onRetry={() => window.location.reload()}
      />
    );
  }
}
